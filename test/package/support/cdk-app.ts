import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../support/repository.ts'
import { installed, strangersEnv, strangersNode } from './installed.ts'

/** The examples/cdk-app of the installed package, copied by a stranger without a checkout. */
export class CdkApp {
  readonly place = mkdtempSync(join(tmpdir(), 'hotwork-cdk-app-'))
  readonly outdir = join(this.place, 'cdk.out')

  constructor() {
    const modules = join(this.place, 'node_modules')
    cpSync(join(installed(), 'node_modules'), modules, { recursive: true })
    cpSync(join(modules, 'hotwork/examples/cdk-app'), this.place, { recursive: true })
    for (const name of ['aws-cdk-lib', 'constructs']) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }

  /** Runs the app as `cdk synth` does, for the credentials' account and Region. @param context as of `-c name=value` */
  synthesize(
    credentials: { account: string; region: string },
    context: { [name: string]: string },
    more: NodeJS.ProcessEnv = {},
  ) {
    const env = strangersEnv({
      ...more,
      CDK_OUTDIR: this.outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_DEFAULT_ACCOUNT: credentials.account,
      CDK_DEFAULT_REGION: credentials.region,
    })
    return spawnSync(strangersNode, ['app.mjs'], { cwd: this.place, env, encoding: 'utf8' })
  }

  run(...words: string[]) {
    return this.runBy(strangersNode, ...words)
  }

  runBy(node: string, ...words: string[]) {
    return spawnSync(node, words, { cwd: this.place, env: strangersEnv(), encoding: 'utf8' })
  }

  /** Changes a file, or a copy of it. @returns the path of what was changed */
  change(file: string, from: string, to: string, copy = file): string {
    const text = readFileSync(join(this.place, file), 'utf8')
    if (!text.includes(from)) throw new Error(`examples/cdk-app/${file} has no \`${from}\``)
    const path = join(this.place, copy)
    writeFileSync(path, text.replaceAll(from, to))
    return path
  }

  remove(): void {
    rmSync(this.place, { recursive: true, force: true })
  }
}
