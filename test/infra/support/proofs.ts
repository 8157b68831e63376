import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/repository.ts'

/** Pages name their proofs as `file` › name, one a line of a table's cell. */

export type Proof = { file: string; name: string }

export const proofsOf = (cell: string): Proof[] =>
  [...cell.matchAll(/`(test\/[\w./-]+\.(?:ts|txt))` › (.+?)(?=<br>|$)/g)].map(([, file = '', name = '']) => ({
    file,
    name: name.trim(),
  }))

/** A file's text, with escaped quotes read as quotes. */
const textOf = (file: string) => readFileSync(join(root, file), 'utf8').replaceAll("\\'", "'")

/** A name counts if the file has it as a whole text in quotes, or as a line of its own in a list of cases. */
const isThere = ({ file, name }: Proof) =>
  existsSync(join(root, file)) && ["'", '"', '`', '\n'].some((quote) => textOf(file).includes(quote + name + quote))

/** The missing proofs of a cell. A malformed proof counts as missing. */
export function missingProofs(cell: string): (Proof | string)[] {
  const proofs = proofsOf(cell)
  const missing = proofs.filter((proof) => !isThere(proof))
  return proofs.length === cell.split(' › ').length - 1 ? missing : [...missing, `not read as a proof: ${cell}`]
}
