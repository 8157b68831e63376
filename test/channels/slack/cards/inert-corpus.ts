import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const groups: { [group: string]: string[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'inert-corpus.json'), 'utf8'),
)

/** Texts that try to make Hotwork say, do or hide something in Slack. */
export const corpus: readonly string[] = [
  ...Object.values(groups).flat(),
  // Too much of anything.
  'x'.repeat(20_480),
  '\n'.repeat(2_000),
  ' '.repeat(2_000),
  '<!channel>'.repeat(2_048),
  '\u202e💣\\"'.repeat(4_000),
  'a\u0301'.repeat(10_000),
]
