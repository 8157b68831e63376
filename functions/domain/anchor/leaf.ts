import * as z from 'zod'
import { canonicalForm } from '../digest.ts'
import { textOf, utf8 } from './bytes.ts'
import { type Hash, hashOfLeaf } from './merkle.ts'

/** A ledger entry as the log has it: its id and its hash. */
export type Leaf = { hash: string; id: string }

const Leaf = z.strictObject({ hash: z.string(), id: z.string() })

/** The UTF-8 of the RFC 8785 form of `{ "hash", "id" }`. */
export const bytesOfLeaf = ({ hash, id }: Leaf): Uint8Array => utf8(canonicalForm({ hash, id }))

export const hashOfEntry = (entry: Leaf): Hash => hashOfLeaf(bytesOfLeaf(entry))

/** Undefined for bytes that are not exactly those of a leaf. */
export function readLeaf(bytes: Uint8Array): Leaf | undefined {
  try {
    const text = textOf(bytes)
    const leaf = Leaf.parse(JSON.parse(text))
    return canonicalForm(leaf) === text ? leaf : undefined
  } catch {
    return undefined
  }
}

/** The two parts of `<aggregate>/<sequence>`; undefined for any other text. */
export function partsOfId(id: string): { aggregate: string; sequence: number } | undefined {
  const cut = id.lastIndexOf('/')
  const sequence = Number(id.slice(cut + 1))
  if (cut < 1 || !Number.isSafeInteger(sequence) || sequence < 1 || id.slice(cut + 1) !== `${sequence}`)
    return undefined
  return { aggregate: id.slice(0, cut), sequence }
}
