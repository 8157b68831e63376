import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of this repository. */
export const root = join(import.meta.dirname, '../..')
export const read = (file: string): string => readFileSync(join(root, file), 'utf8')
