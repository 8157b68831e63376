import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository as root, runSuite } from '../suites.ts'

/**
 * `npm run test:deep`: tests with random cases, drawn by another seed than in `npm test` (test/support/seed.cjs), and
 * many times as many where a test says so (test/support/deep.ts).
 */

const filesWithCases = (): readonly string[] =>
  globSync('test/**/*.test.ts', { cwd: root }).filter((file) =>
    /(?:support\/deep\.ts|fast-check)'/.test(readFileSync(join(root, file), 'utf8')),
  )

await runSuite('deep', filesWithCases, async (files, step) => {
  for (const file of files)
    await step(file, () => {
      const { status } = spawnSync(
        join(root, 'node_modules/.bin/jest'),
        ['--maxWorkers=1', '--testTimeout=1800000', '--runTestsByPath', file],
        { cwd: root, env: { ...process.env, HOTWORK_DEEP: '1' }, stdio: 'inherit' },
      )
      assert.equal(status, 0)
    })
})
