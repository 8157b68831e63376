const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

/** Jest's globalSetup: a folder for fixtures that are made once in a run of tests (made-once.ts), and a faster CDK. */
module.exports = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-once-'))
  process.env.HOTWORK_MADE_ONCE = folder
  // CDK's own check of templates takes half of a synthesis, and can only warn. cdk-nag is another, and stays.
  process.env.CDK_VALIDATION = 'false'
  globalThis.removeMadeOnce = () => rmSync(folder, { recursive: true, force: true })
}
