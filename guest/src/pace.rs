//! How fast the machine is: the plan's figures are those of a processor that runs the guest itself.

/// How much longer an emulated processor takes: the host scales its own limits by the same.
const EMULATED: u32 = 10;

/// The factor for what a hypervisor calls itself.
#[must_use]
pub fn of(signature: [u8; 12]) -> u32 {
    if &signature == b"TCGTCGTCGTCG" {
        EMULATED
    } else {
        1
    }
}

/// This machine's factor.
#[must_use]
#[allow(unsafe_code, reason = "the processor is asked by an instruction")]
#[allow(
    unused_unsafe,
    reason = "newer compilers know that every such processor has it"
)]
pub fn factor() -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::__cpuid;
        // SAFETY: every processor of 64 bits has the instruction.
        let features = unsafe { __cpuid(1) };
        // Bit 31 says that there is a hypervisor, which then has leaves of its own.
        if features.ecx >> 31 == 1 {
            // SAFETY: as above.
            let own = unsafe { __cpuid(0x4000_0000) };
            let mut signature = [0; 12];
            for (four, word) in signature
                .chunks_exact_mut(4)
                .zip([own.ebx, own.ecx, own.edx])
            {
                four.copy_from_slice(&word.to_le_bytes());
            }
            return of(signature);
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulated_processor_is_given_more_time() {
        assert_eq!(of(*b"TCGTCGTCGTCG"), EMULATED);
        assert_eq!(of(*b"KVMKVMKVM\0\0\0"), 1);
        assert!([1, EMULATED].contains(&factor()));
    }
}
