// Rules: test/package/licences.test.ts
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Licences that allow distribution without source. */
const permissive = /^(?:MIT|MIT-0|Apache-2\.0|ISC|0BSD|BSD-[23]-Clause|BlueOak-1\.0\.0)$/
const isPermissive = (expression: string): boolean =>
  expression
    .replaceAll(/[()]/g, '')
    .split(' AND ')
    .every((all) => all.split(' OR ').some((one) => permissive.test(one)))

/**
 * @param inputs paths of the files in a bundle, from the project's root
 * @returns for each package with a file among them: name, version, author, licence, and the texts that it requires
 */
export function licencesOf(root: string, inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []))
  const notices = [...folders].sort().map((folder) => noticeOf(join(root, folder)))
  // Most packages of one author have the same text.
  const alike = Map.groupBy(notices, ({ text }) => text)
  const parts = [...alike].map(([text, packages]) => {
    const titles = new Set(packages.map(({ title }) => title))
    return `${'='.repeat(80)}\n${[...titles].join('\n')}\n\n${text}\n`
  })
  return `The package hotwork contains code of the packages below.\n\n${parts.join('\n')}`
}

type Manifest = { name: string; version: string; license?: string; author?: string | { name: string } }

function noticeOf(folder: string): { title: string; text: string } {
  const { name, version, license, author }: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (license === undefined || !isPermissive(license))
    throw new Error(`\`${name}\` has the licence \`${license}\`, and cannot be in the package: bundle nothing of it`)
  const kept = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file))
  const by = typeof author === 'object' ? author.name : author
  return {
    title: `${name} ${version}, ${license}${by === undefined ? '' : `, by ${by}`}`,
    text: kept
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim())
      .join('\n\n'),
  }
}
