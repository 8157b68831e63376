import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { chooseSubjects, subjects } from '../mutation/subjects.ts'

describe('npm run test:mutation', () => {
  test('knows each folder of domain and operations', () => {
    const folders = ['domain', 'operations'].flatMap((layer) =>
      readdirSync(join(__dirname, '../../functions', layer), { withFileTypes: true })
        .filter((each) => each.isDirectory())
        .map(({ name }) => `${layer}/${name}`),
    )
    expect(subjects.toSorted()).toEqual(folders.toSorted())
  })

  test('takes folders by name, or every eighth, and refuses what it does not know', () => {
    expect(chooseSubjects(['domain/uses', 'operations/uses'])).toEqual(['domain/uses', 'operations/uses'])
    const parts = [1, 2, 3, 4, 5, 6, 7, 8].map((part) => chooseSubjects(['--part', `${part}/8`]) ?? [])
    expect(parts.flat().toSorted()).toEqual(subjects.toSorted())
    for (const typed of [['--help'], ['domain/use'], ['domain/uses', 'uses'], ['--part', '2']])
      expect(chooseSubjects(typed)).toBeUndefined()
  })
})
