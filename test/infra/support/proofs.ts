import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './assembly.ts'

/** How pages name the tests that prove what they say: `file` › name, one a line of a table's cell. */

export type Proof = { file: string; name: string }

export const proofsOf = (cell: string): Proof[] =>
  [...cell.matchAll(/`(test\/[\w./-]+\.ts)` › (.+?)(?=<br>|$)/g)].map(([, file = '', name = '']) => ({
    file,
    name: name.trim(),
  }))

/** A file's text, with what stands for a quote inside a quoted name read as the quote. */
const textOf = (file: string) => readFileSync(join(root, file), 'utf8').replaceAll("\\'", "'")

/** A name counts where the file has all of it as one text in quotes, and not as a part of another. */
const isThere = ({ file, name }: Proof) =>
  existsSync(join(root, file)) && ["'", '"', '`'].some((quote) => textOf(file).includes(quote + name + quote))

/** The proofs that a cell names and that are not there. What stands like one and is not read as one counts as missing. */
export function missingProofs(cell: string): (Proof | string)[] {
  const proofs = proofsOf(cell)
  const missing = proofs.filter((proof) => !isThere(proof))
  return proofs.length === cell.split(' › ').length - 1 ? missing : [...missing, `not read as a proof: ${cell}`]
}
