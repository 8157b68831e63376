import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/repository.ts'

const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

/** The oldest major version in a range such as `^20.9.0 || >=22`. */
const oldest = (range: string): number => Math.min(...range.split('||').map((part) => Number(/\d+/.exec(part) ?? 0)))

test('every package that `npm ci` installs runs on the oldest Node that package.json promises', () => {
  const promised = oldest(read('package.json').engines.node)
  const packages: [string, { engines?: { node?: string } }][] = Object.entries(read('package-lock.json').packages)
  const newer = packages.filter(([, { engines }]) => oldest(engines?.node ?? '*') > promised)
  expect(newer.map(([path]) => path)).toEqual([])
})
