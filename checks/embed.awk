# embed.awk - turns text files into a C table of path and text: awk -v table=NAME -f embed.awk FILE...
BEGIN { print "/* Made by checks/embed.awk; do not edit. */"; print "#include \"checks/embedded.h\""
        print "const struct embedded_file " table "[] = {" }
FNR == 1 { if (NR > 1) print "    },"; print "    { \"" FILENAME "\"," }
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); print "      \"" $0 "\\n\"" }
END { if (NR) print "    },"; print "    { 0, 0 },"; print "};" }
