import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** An app whose files are removed when the tests of the file are over. The CDK alone would leave them. */
export function passingApp(): App {
  const outdir = mkdtempSync(join(tmpdir(), 'hotwork-app-'))
  folders.push(outdir)
  return new App({ outdir })
}
