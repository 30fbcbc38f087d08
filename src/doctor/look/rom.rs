//! A guest of 182 bytes, which does what every firmware does first: real mode, protected mode, page
//! tables, long mode, the FPU and SSE. KVM that is half there loses its way in it within
//! milliseconds. At its end it has QEMU exit with a code that nothing else ends with.

/// Behind the last megabyte's end, where the CPU starts.
const ROM_BYTES: usize = 64 << 10;
const CODE_AT: u16 = 0xff00;
const START_AT: u16 = 0xfff0;

/// The port of QEMU's `isa-debug-exit`.
pub(super) const PORT: &str = "0xf4";
/// QEMU's exit code for what the guest writes there: twice that, and one.
pub(super) const DONE: i32 = 0x10 << 1 | 1;

#[rustfmt::skip]
const CODE: [u8; 182] = [
    // 16 bits, from 0xf000:0xff00: the descriptor table, and protected mode on.
    0xfa,                                           // cli
    0x2e, 0x66, 0x0f, 0x01, 0x16, 0xb0, 0xff,       // lgdtl %cs:0xffb0
    0x0f, 0x20, 0xc0,                               // mov %cr0, %eax
    0x0c, 0x01,                                     // or $1, %al
    0x0f, 0x22, 0xc0,                               // mov %eax, %cr0
    0x66, 0xea, 0x18, 0xff, 0x0f, 0x00, 0x08, 0x00, // ljmpl $8, $0xfff18
    // 32 bits: flat segments.
    0x66, 0xb8, 0x10, 0x00,                         // mov $0x10, %ax
    0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0,             // mov %ax, %ds; %es; %ss
    // Page tables at 4, 8 and 12 KiB, for the first two MiB as one page.
    0xc7, 0x05, 0x00, 0x10, 0x00, 0x00, 0x03, 0x20, 0x00, 0x00, // movl $0x2003, 0x1000
    0xc7, 0x05, 0x00, 0x20, 0x00, 0x00, 0x03, 0x30, 0x00, 0x00, // movl $0x3003, 0x2000
    0xc7, 0x05, 0x00, 0x30, 0x00, 0x00, 0x83, 0x00, 0x00, 0x00, // movl $0x83, 0x3000
    0xb8, 0x20, 0x06, 0x00, 0x00,                   // mov $0x620, %eax: PAE, SSE
    0x0f, 0x22, 0xe0,                               // mov %eax, %cr4
    0xb8, 0x00, 0x10, 0x00, 0x00,                   // mov $0x1000, %eax
    0x0f, 0x22, 0xd8,                               // mov %eax, %cr3
    0xb9, 0x80, 0x00, 0x00, 0xc0,                   // mov $0xc0000080, %ecx: EFER
    0x0f, 0x32,                                     // rdmsr
    0x80, 0xcc, 0x01,                               // or $1, %ah: long mode
    0x0f, 0x30,                                     // wrmsr
    0xb8, 0x03, 0x00, 0x00, 0x80,                   // mov $0x80000003, %eax: paging
    0x0f, 0x22, 0xc0,                               // mov %eax, %cr0
    0xea, 0x6b, 0xff, 0x0f, 0x00, 0x18, 0x00,       // ljmp $0x18, $0xfff6b
    // 64 bits: a stack, the FPU, and a register of SSE.
    0xbc, 0x00, 0x80, 0x00, 0x00,                   // mov $0x8000, %esp
    0x9b, 0xdb, 0xe3,                               // finit
    0x68, 0x7f, 0x03, 0x00, 0x00,                   // push $0x37f
    0xd9, 0x2c, 0x24,                               // fldcw (%rsp)
    0x66, 0x0f, 0xef, 0xc0,                         // pxor %xmm0, %xmm0
    0x0f, 0x29, 0x04, 0x25, 0x00, 0x40, 0x00, 0x00, // movaps %xmm0, 0x4000
    0xb0, 0x10,                                     // mov $0x10, %al
    0xe6, 0xf4,                                     // out %al, $0xf4
    0xf4,                                           // hlt
    0x0f, 0x1f, 0x40, 0x00,                         // filled up to 8
    // Descriptors: none, code and data of 32 bits, code of 64; and where they are.
    0, 0, 0, 0, 0, 0, 0, 0,
    0xff, 0xff, 0, 0, 0, 0x9a, 0xcf, 0,
    0xff, 0xff, 0, 0, 0, 0x92, 0xcf, 0,
    0xff, 0xff, 0, 0, 0, 0x9a, 0xaf, 0,
    0x1f, 0x00, 0x90, 0xff, 0x0f, 0x00,
];

/// The file that QEMU takes for a firmware.
pub(super) fn rom() -> Vec<u8> {
    let mut rom = vec![0; ROM_BYTES];
    let (code, start) = (usize::from(CODE_AT), usize::from(START_AT));
    rom[code..code + CODE.len()].copy_from_slice(&CODE);
    // jmp to the code, counted from behind these three bytes.
    let back = CODE_AT.wrapping_sub(START_AT + 3);
    rom[start] = 0xe9;
    rom[start + 1..start + 3].copy_from_slice(&back.to_le_bytes());
    rom
}
