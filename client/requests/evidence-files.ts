// Rules: test/client/requests/ask.test.ts
import { readFileSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import type { WireEvidence } from '../agent/evidence.ts'
import { wrongUsage } from '../outcome.ts'

const mediaTypes: { readonly [extension: string]: string } = {
  '.md': 'text/markdown',
  '.json': 'application/json',
}

/** Bytes. Hotwork takes as much of all evidence together. */
const most = 32_768

/** Each file as one item of evidence, whose title is its name. @throws Refusal that names the file */
export const readEvidenceFiles = (files: readonly string[], folder: string): WireEvidence =>
  files.map((file) => ({
    title: basename(file),
    text: textOf(file, folder),
    media_type: mediaTypes[extname(file).toLowerCase()] ?? 'text/plain',
  }))

function textOf(file: string, folder: string): string {
  const no = (what: string, fix: string) => wrongUsage(`\`--evidence ${file}\`: ${what}`, fix)
  let bytes: Buffer
  try {
    bytes = readFileSync(resolve(folder, file))
  } catch (cause) {
    throw no(`it cannot be read (${(cause as NodeJS.ErrnoException).code})`, 'name a text file')
  }
  if (bytes.length === 0) throw no('it is empty', 'leave it out')
  if (bytes.length > most)
    throw no(
      `it has ${bytes.length} bytes, and all evidence together may have ${most}`,
      'give the part that matters, such as its last lines',
    )
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw no('it is not text in UTF-8', 'give it as text')
  }
}
