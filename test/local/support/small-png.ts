import { crc32, deflateSync, inflateSync } from 'node:zlib'

// A picture of text has few colours, and Chromium writes three bytes for each point. A palette makes it a third as large.
// https://www.w3.org/TR/png-3/

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** The number of colours that one byte can index. */
const mostColours = 256

/** The same picture with a palette of the most used colours. Others become the nearest of these. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, bytes, points } = pointsOf(png)
  const colours = new Uint32Array(width * height)
  const used = new Map<number, number>()
  for (let at = 0; at < colours.length; at++) {
    const colour = points.readUIntBE(at * bytes, 3)
    colours[at] = colour
    used.set(colour, (used.get(colour) ?? 0) + 1)
  }
  const palette = paletteOf(used)
  const named = new Map([...used.keys()].map((colour) => [colour, nearest(colour, palette)]))
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = named.get(colours[y * width + x] ?? 0) ?? 0
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  const plte = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', plte),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The most used colours. Similar rare ones, as in a gradient, share one. */
function paletteOf(used: ReadonlyMap<number, number>): readonly number[] {
  const counts = new Map<number, number>()
  for (const [colour, count] of used) {
    const kept = count >= 100 ? colour : (colour & 0xf0f0f0) | 0x080808
    counts.set(kept, (counts.get(kept) ?? 0) + count)
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one)
  return sorted.slice(0, mostColours).map(([colour]) => colour)
}

function nearest(colour: number, palette: readonly number[]): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY]
  for (let index = 0; index < palette.length; index++) {
    const other = palette[index] ?? 0
    const [red, green, blue] = [
      (colour >> 16) - (other >> 16),
      ((colour >> 8) & 255) - ((other >> 8) & 255),
      (colour & 255) - (other & 255),
    ]
    const distance = red * red + green * green + blue * blue
    if (distance >= least) continue
    best = index
    least = distance
  }
  return best
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** The points of a picture in Chromium's form: eight bits a channel, with or without alpha, not interlaced. */
function pointsOf(png: Buffer): { width: number; height: number; bytes: number; points: Buffer } {
  const data: Buffer[] = []
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  const [width, height, depth, kind] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]
  const bytes = kind === 6 ? 4 : 3
  if (depth !== 8 || (kind !== 2 && kind !== 6)) throw new TypeError('not a picture as Chromium writes one')
  const filtered = inflateSync(Buffer.concat(data))
  const line = width * bytes
  const points = Buffer.alloc(height * line)
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (line + 1)]
    for (let x = 0; x < line; x++) {
      const left = x < bytes ? 0 : (points[y * line + x - bytes] ?? 0)
      const above = y === 0 ? 0 : (points[(y - 1) * line + x] ?? 0)
      const corner = x < bytes || y === 0 ? 0 : (points[(y - 1) * line + x - bytes] ?? 0)
      const guess = guessOf(filter ?? 0, left, above, corner)
      points[y * line + x] = ((filtered[y * (line + 1) + 1 + x] ?? 0) + guess) & 255
    }
  }
  return { width, height, bytes, points }
}

function guessOf(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left
  if (filter === 2) return above
  if (filter === 3) return (left + above) >> 1
  return filter === 4 ? paeth(left, above, corner) : 0
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner
  const [toLeft, toAbove, toCorner] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)]
  if (toLeft <= toAbove && toLeft <= toCorner) return left
  return toAbove <= toCorner ? above : corner
}
