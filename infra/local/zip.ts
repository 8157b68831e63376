import { crc32 } from 'node:zlib'

/** A ZIP archive of one uncompressed file (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16): a Lambda's code. */
export function zipOne(name: string, content: string): Uint8Array {
  const path = Buffer.from(name)
  const data = Buffer.from(content)
  const sizes = [crc32(data), data.length, data.length]
  // What the local and the central header share: version 2.0, no flags, stored, 1 January 1980.
  const shared = Buffer.concat([uint16(20, 0, 0, 0, 0x21), uint32(...sizes), uint16(path.length, 0)])
  const local = Buffer.concat([uint32(0x04034b50), shared, path, data])
  // Made by version 2.0; then no comment, disk 0, no attributes, and where the local header is: at the start.
  const central = Buffer.concat([uint32(0x02014b50), uint16(20), shared, uint16(0, 0, 0), uint32(0, 0), path])
  const end = Buffer.concat([uint32(0x06054b50), uint16(0, 0, 1, 1), uint32(central.length, local.length), uint16(0)])
  return Buffer.concat([local, central, end])
}

const uint16 = (...values: number[]) => pack(values, 2)
const uint32 = (...values: number[]) => pack(values, 4)

function pack(values: number[], width: number): Buffer {
  const bytes = Buffer.alloc(values.length * width)
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, index * width, width)
  return bytes
}
