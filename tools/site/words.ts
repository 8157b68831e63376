import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mainPath, repository, sections } from './navigation.ts'

/** `node tools/site/words.ts`: the words of the main path, which a test bounds, by section and page. */

const wordsOf = (file: string): number => readFileSync(join(repository, file), 'utf8').match(/\S+/g)?.length ?? 0
const path = mainPath()
for (const { title, isForReader, pages } of sections()) {
  if (!isForReader) continue
  const own = pages
    .flatMap(({ file, pages: more }) => [file, ...more.map((each) => each.file)])
    .filter((file) => path.includes(file))
  console.log(`${title}: ${own.reduce((sum, file) => sum + wordsOf(file), 0).toLocaleString('en')}`)
  for (const file of own) console.log(`  ${wordsOf(file).toLocaleString('en').padStart(7)}  ${file}`)
}
console.log(`${path.length} pages, ${path.reduce((sum, file) => sum + wordsOf(file), 0).toLocaleString('en')} words`)
