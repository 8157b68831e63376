const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

/** Jest's globalSetup: a folder for fixtures that are made once in a run of tests (made-once.ts). */
module.exports = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-once-'))
  process.env.HOTWORK_MADE_ONCE = folder
  globalThis.removeMadeOnce = () => rmSync(folder, { recursive: true, force: true })
}
