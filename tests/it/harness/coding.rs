//! Content codings as a server writes them: stored blocks, which need no compressor, and a bomb.

/// A gzip file with the bytes stored as they are.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GZIP_HEAD.to_vec();
    out.extend(deflate(bytes));
    out.extend(crc32(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// A zlib stream with the bytes stored as they are.
pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    out.extend(deflate(bytes));
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    out.extend((b << 16 | a).to_be_bytes());
    out
}

/// A bare deflate stream of stored blocks.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let blocks = bytes.chunks(0xffff);
    let last = blocks.len().saturating_sub(1);
    for (n, block) in blocks.enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(n == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out
}

/// About `length` zeros in some two hundredths of their size: one literal, then copies of 258 bytes,
/// in a block with fixed Huffman codes. Ends without its checksum, which nobody should get to.
pub fn gzip_of_zeros(length: usize) -> Vec<u8> {
    let mut bits = Bits {
        out: GZIP_HEAD.to_vec(),
        pending: 0,
        count: 0,
    };
    bits.push(0b1, 1); // last block
    bits.push(0b01, 2); // fixed codes
    bits.push_code(0b0011_0000, 8); // a zero byte
    for _ in 0..length / 258 {
        bits.push_code(0b1100_0101, 8); // copy 258 bytes
        bits.push_code(0, 5); // from one byte back
    }
    bits.push_code(0, 7); // end of block
    bits.push(0, 7);
    bits.out
}

const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

struct Bits {
    out: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    /// Numbers go in from their lowest bit.
    fn push(&mut self, value: u32, count: u32) {
        self.pending |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Huffman codes go in from their highest bit.
    fn push_code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}
