import { execFileSync, spawnSync } from 'node:child_process'

/** What a command begins with to run as root: nothing where this user is root, else sudo, which must ask for no password. */
export const asRoot: readonly string[] = process.getuid?.() === 0 ? [] : ['sudo', '-n', '--preserve-env', '--']

const [sudo, ...words] = [...asRoot, 'true']
/** A test that takes root. Where neither holds it is skipped, which fails in CI. */
export const whereRoot = (...named: Parameters<typeof test>) =>
  sudo !== undefined && spawnSync(sudo, words).status === 0 ? test(...named) : test.skip(...named)

/** Makes a file or folder another user's, which root alone may do. */
export const giveAway = (path: string): void => {
  const [program = '', ...words] = [...asRoot, 'chown', '4242:4242', path]
  execFileSync(program, words)
}
