import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bundlePageScript, pageScript } from '../../infra/bundle-page-script.ts'
import { root } from '../support/repository.ts'

/** The pages' script as the bundler makes it. Browsers run it in test/local/pages/browser-script.test.ts. */

const tsc = join(root, 'node_modules/typescript/bin/tsc')

test("the pages' script passes the type check for browsers", () => {
  const { stdout, status } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', pageScript], {
    encoding: 'utf8',
  })
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
})

test("the pages' script is at most 4,096 bytes, has no library, and cannot end its element early", () => {
  const text = bundlePageScript()
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
  expect(text).not.toMatch(/<\/script|<!--|\b(?:require|import)\b|eval|innerHTML/)
})
