import { gunzipSync, gzipSync } from 'node:zlib'
import { canonicalForm } from '../../domain/digest.ts'
import { type Digest, JsonObject, NumericDate } from '../../domain/values.ts'
import type { BundleStore, KeptBundle } from '../../operations/policy/ports.ts'
import { readWritten } from '../read-json.ts'
import { isNew, itemOf, numberOf, textOf } from './items.ts'
import { TableStore } from './table.ts'

/** Characters of base64. DynamoDB's limit is 400 KB an item. */
const pieceSize = 350_000
/** The limit of an unpacked row. Bytes. */
const largest = 64 * 1024 * 1024

/**
 * `BUNDLE#<hash>`: its RFC 8785 form, in gzip and base64, cut into `PIECE.<n>`; and `BUNDLE`, put last, with the number of
 * pieces. Each row is put once and never changed.
 */
export class DynamoBundleStore extends TableStore implements BundleStore {
  async isKept(hash: Digest): Promise<boolean> {
    return (await this.table.get(wholeKey(hash), 'find a bundle')) !== undefined
  }

  async keep({ bundle, at }: KeptBundle): Promise<boolean> {
    const packed = gzipSync(canonicalForm(bundle)).toString('base64')
    const pieces = Math.ceil(packed.length / pieceSize)
    for (let n = 0; n < pieces; n++) {
      const piece = packed.slice(n * pieceSize, (n + 1) * pieceSize)
      // An existing piece comes from a run that died.
      await this.table.put(
        this.table.putting({ ...pieceKey(bundle.hash, n), piece }, isNew),
        'keep a piece of a bundle',
      )
    }
    return this.table.put(this.table.putting({ ...wholeKey(bundle.hash), pieces, at }, isNew), 'keep a bundle')
  }

  async load(hash: Digest): Promise<KeptBundle | 'unreadable' | undefined> {
    const whole = await this.table.get(wholeKey(hash), 'read a bundle')
    if (!whole) return undefined
    const keys = Array.from({ length: numberOf(whole, 'pieces') }, (_, n) => pieceKey(hash, n))
    const items = await this.table.getMany(keys.map(itemOf), 'read the pieces of a bundle')
    const found = new Map(items.map((item) => [textOf(item, 'sk'), textOf(item, 'piece')]))
    const packed = keys.map(({ sk }) => found.get(sk) ?? '').join('')
    const bundle = unpacked(packed)
    return bundle ? { bundle, at: NumericDate.parse(numberOf(whole, 'at')) } : 'unreadable'
  }
}

function unpacked(packed: string): KeptBundle['bundle'] | undefined {
  try {
    const text = gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: largest }).toString()
    return JsonObject.parse(readWritten(text)) as KeptBundle['bundle']
  } catch {
    return undefined
  }
}

const wholeKey = (hash: Digest) => ({ pk: `BUNDLE#${hash}`, sk: 'BUNDLE' })
const pieceKey = (hash: Digest, n: number) => ({ pk: `BUNDLE#${hash}`, sk: `PIECE.${String(n).padStart(4, '0')}` })
