import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { chooseSubjects, subjectOf, subjects } from '../../tools/mutation/subjects.ts'

test('each file of the domain, operations and the comparison of policies has its subject', () => {
  const rooms = ['change', 'proof', 'replay'].map((room) => `policy-tools/${room}`)
  const files = ['functions/domain', 'functions/operations', ...rooms].flatMap((place) =>
    readdirSync(join(__dirname, '../..', place), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${place}/${name}`),
  )
  expect([...new Set(files.map(subjectOf))].toSorted()).toEqual(subjects.toSorted())
})

test('subjects are chosen by name, or every eighth, with a time, and unknown arguments are refused', () => {
  const folders = ['domain/uses', 'operations']
  expect(chooseSubjects(folders)).toEqual({ folders })
  expect(chooseSubjects(['--minutes', '5', ...folders])).toEqual({ folders, minutes: 5 })
  expect(chooseSubjects(['--minutes', '5'])).toEqual({ folders: subjects, minutes: 5 })
  const parts = [1, 2, 3, 4, 5, 6, 7, 8].map((part) => chooseSubjects(['--part', `${part}/8`])?.folders ?? [])
  expect(parts.flat().toSorted()).toEqual(subjects.toSorted())
  for (const typed of [['--help'], ['domain/use'], ['domain/uses', 'uses'], ['--part', '2'], ['--minutes', 'x']])
    expect(chooseSubjects(typed)).toBeUndefined()
})
