// Rules: test/infra/page-script.test.ts
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { code } from './functions.ts'

/** The folder of the pages' script, with the compiler's settings for browsers. */
export const pageScript = join(code, 'adapters/pages/browser')

/** The script of the pages for browsers of the last three years, as text. */
export function bundlePageScript(): string {
  const entryPoints = [join(pageScript, 'page.ts')]
  const [file] = buildSync({ entryPoints, format: 'iife', minify: true, target: 'es2022', write: false }).outputFiles
  return file?.text.trim() ?? ''
}
