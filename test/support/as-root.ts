import { spawnSync } from 'node:child_process'

/** What a command begins with to run as root: nothing where this user is root, else sudo, which must ask for no password. */
export const asRoot: readonly string[] = process.getuid?.() === 0 ? [] : ['sudo', '-n', '--']

const [sudo, ...words] = [...asRoot, 'true']
/** Of a test that takes root. On a machine that gives it to no one the test is skipped, which fails in CI. */
export const whereRoot = sudo !== undefined && spawnSync(sudo, words).status === 0 ? test : test.skip
