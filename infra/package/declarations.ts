// Rules: test/package/package.test.ts
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Writes the types of `entries` and of the files that they import into `folder`. */
export async function writeDeclarations(root: string, entries: readonly string[], folder: string): Promise<void> {
  if (entries.length === 0) return
  const project = join(root, '.hotwork', `types-${process.pid}.json`)
  mkdirSync(dirname(project), { recursive: true })
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        // `npm test` checks types; an install of a checkout with type errors must not fail.
        noCheck: true,
        emitDeclarationOnly: true,
        stripInternal: true,
        rootDir: root,
        outDir: folder,
      },
      include: [],
      files: entries.map((entry) => join(root, entry)),
    }),
  )
  try {
    const compiler = spawn(join(root, 'node_modules/.bin/tsc'), ['-p', project], { cwd: root, stdio: 'inherit' })
    const [code] = await once(compiler, 'close')
    if (code !== 0) throw new Error('the compiler wrote no types: see its output above')
  } finally {
    rmSync(project)
  }
  removeUnnamed(folder, entries)
}

/** Removes types that no entry names: the compiler writes those of every file that it has read. */
function removeUnnamed(folder: string, entries: readonly string[]): void {
  const named = new Set<string>()
  const follow = (file: string): void => {
    if (named.has(file)) return
    named.add(file)
    for (const [, path = ''] of readFileSync(join(folder, file), 'utf8').matchAll(
      /(?:from |import\()['"](\.[^'"]+)\.ts['"]/g,
    ))
      follow(join(dirname(file), `${path}.d.ts`))
  }
  for (const entry of entries) follow(entry.replace(/\.ts$/, '.d.ts'))
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.d.ts') && !named.has(file)) rmSync(join(folder, file))
}
