/* husk.c - a program of one page, of which a rebuilt process is made: an ELF file that is written here, in machine
 * code. */
#include "harness/snapshot/internal.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif
#define CODE_AT 0x200 /* in the file, behind its headers */

#ifdef __x86_64__
/* Untraced, it ends itself at its first instruction. The loader uses no stack: rbx is the entry it is at, as struct
 * table_entry. */
__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        "husk_begin:\n"
        "   movl $231, %eax\n" /* exit_group(127) */
        "   movl $127, %edi\n"
        "   syscall\n"
        "   ud2\n"
        ".balign 16\n"
        "husk_gadget:\n"
        "   syscall\n"
        "   int3\n"
        "   ud2\n"
        ".balign 16\n"
        "husk_loader:\n"
        "1: cmpq %r12, %rbx\n"
        "   jae 3f\n"
        "   movq 0(%rbx), %rax\n"
        "   movq 8(%rbx), %rdi\n"
        "   movq 16(%rbx), %rsi\n"
        "   movq 24(%rbx), %rdx\n"
        "   movq 32(%rbx), %r10\n"
        "   movq 40(%rbx), %r8\n"
        "   movq 48(%rbx), %r9\n"
        "   syscall\n"
        "   cmpq $-4095, %rax\n"
        "   jae 4f\n"
        "   cmpq $1, 56(%rbx)\n"
        "   jbe 2f\n"
        "   cmpq %rax, 56(%rbx)\n"
        "   jne 3f\n"
        "2: addq $64, %rbx\n"
        "   jmp 1b\n"
        "3: int3\n"
        "   ud2\n"
        "4: cmpq $1, 56(%rbx)\n"
        "   je 2b\n"
        "   int3\n"
        "   ud2\n"
        "husk_end:\n"
        ".popsection\n");
#define GADGET 0x10
#define LOADER 0x20
#else
__asm__(".pushsection .rodata\nhusk_begin: .byte 0\nhusk_end: .byte 0\n.popsection\n");
#define GADGET 0
#define LOADER 0
#endif
extern const char husk_begin[], husk_end[];

const struct husk_code husk_code = { .gadget = CODE_AT + GADGET, .loader = CODE_AT + LOADER };

static int make_image(uint8_t image[PAGE])
{
    Elf64_Ehdr header = { .e_type = ET_EXEC,
                          .e_machine = EM_X86_64,
                          .e_version = EV_CURRENT,
                          .e_entry = HUSK_BASE + CODE_AT,
                          .e_phoff = sizeof header,
                          .e_ehsize = sizeof header,
                          .e_phentsize = sizeof(Elf64_Phdr),
                          .e_phnum = 2 };
    /* Without the second, some kernels make all that is readable executable. */
    Elf64_Phdr segments[2] = { { .p_type = PT_LOAD,
                                 .p_flags = PF_R | PF_X,
                                 .p_vaddr = HUSK_BASE,
                                 .p_paddr = HUSK_BASE,
                                 .p_filesz = PAGE,
                                 .p_memsz = PAGE,
                                 .p_align = PAGE },
                               { .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 16 } };
    size_t size = (size_t)(husk_end - husk_begin);

    if (size <= LOADER || CODE_AT + size > PAGE)
        return -ENOSYS;
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    memset(image, 0, PAGE);
    memcpy(image, &header, sizeof header);
    memcpy(image + sizeof header, segments, sizeof segments);
    memcpy(image + CODE_AT, husk_begin, size);
    return 0;
}

int husk_open(struct snapshot_store *s)
{
    uint8_t image[PAGE];
    int error, fd;

    if (s->husk >= 0)
        return s->husk;
    error = make_image(image);
    if (error)
        return error;
    fd = memfd_create("forkaudit-husk", MFD_CLOEXEC | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) /* a kernel before 6.3 */
        fd = memfd_create("forkaudit-husk", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (write(fd, image, sizeof image) != (ssize_t)sizeof image) {
        close(fd);
        return -EIO;
    }
    return s->husk = fd;
}
