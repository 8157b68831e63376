import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { root } from '../../support/repository.ts'
import type { Programs } from './story.ts'

/** Faults that a gate could have. Each is one change of the code, in the copy that is killed. */
export const faults = ['forwards before it marks', 'asks no use', 'forgets its journal'] as const
export type Fault = (typeof faults)[number]

/** `seen`: the symptom. */
type Change = { file: string; from: string; to: string; seen: RegExp }
export const changes: { readonly [fault in Fault]: Change } = {
  'forwards before it marks': {
    file: 'client/agent/approved.ts',
    from: '    await this.#mustBeFirst()\n    let value: T\n    try {\n      value = await work(this)\n',
    to: '    let value: T\n    try {\n      value = await work(this)\n      await this.#mustBeFirst()\n',
    seen: /^double run/,
  },
  'asks no use': {
    file: 'client/gated/gated-use.ts',
    from: '  if (!gate) return {',
    to: '  if (gate) return {',
    seen: /^ungated run/,
  },
  'forgets its journal': {
    file: 'client/gated/gated-use.ts',
    from: '      askings.end(asked, kept, value)\n',
    to: '',
    seen: /^outcome unknown, and nothing was lost/,
  },
}

/**
 * One file for each program, which starts in a tenth of a second: the gate as it is shipped, the killer, and the
 * server.
 */
export async function bundlePrograms(folder: string, fault?: Fault): Promise<Programs> {
  mkdirSync(folder, { recursive: true })
  const here = import.meta.dirname
  const entries = {
    gate: join(root, 'client/hotwork.ts'),
    points: join(here, 'points.ts'),
    server: join(here, 'server.ts'),
  }
  const outdir = join(folder, 'dist')
  // The command line reads its version there.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '0.0.0' }))
  await build({
    ...{ entryPoints: entries, outdir, outExtension: { '.js': '.mjs' } },
    ...{
      bundle: true,
      splitting: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      mainFields: ['module', 'main'],
    },
    ...{ banner: { js: 'const require = process.getBuiltinModule' }, logLevel: 'warning' },
    plugins: fault ? [changing(changes[fault])] : [],
  })
  const made = (name: string) => join(outdir, `${name}.mjs`)
  return { gate: made('gate'), points: made('points'), server: made('server'), cache: join(folder, 'cache') }
}

function changing({ file, from, to }: Change): Plugin {
  const path = join(root, file)
  return {
    name: 'change',
    setup({ onLoad }) {
      onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, () => {
        const text = readFileSync(path, 'utf8')
        if (text.split(from).length !== 2) throw new Error(`${file} has no one place that says \`${from}\``)
        return { contents: text.replace(from, to), loader: 'ts' }
      })
    },
  }
}
