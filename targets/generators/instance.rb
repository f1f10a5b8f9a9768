# instance.rb - Ruby's Random.new and Kernel.rand. usage: ruby instance.rb SOURCE fork RESEED TRUTH, as skeleton.h has
# it.
source, how, $reseed, $truth = ARGV
exit 64 unless how == 'fork'
$generator = source == 'Random' ? Random.new : nil
$drawn = []

def draw(n)
  n.times { $drawn << format('%016x', $generator ? $generator.rand(2**64) : Kernel.rand(2**64)) }
end

def fresh
  $generator ? $generator = Random.new : srand
end

def write_down(role)
  File.open($truth, 'a') { |f| f.syswrite("#{role} #{$drawn.join(' ')}\n") }
end

def make(role)
  pid = fork do
    $drawn = []
    fresh if %w[child both].include?($reseed)
    draw(16)
    write_down(role)
    exit!(true)
  end
  fresh if %w[parent both].include?($reseed)
  pid
end

draw(3)
pids = [make('child')]
draw(3)
pids << make('sibling')
draw(16)
write_down('parent')
pids.each { |pid| exit!(false) unless Process.wait2(pid)[1].success? }
