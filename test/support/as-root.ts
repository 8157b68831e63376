import { execFileSync, spawnSync } from 'node:child_process'

/** The prefix of a command that runs as root: empty for root, else sudo without a password. */
export const asRoot: readonly string[] = process.getuid?.() === 0 ? [] : ['sudo', '-n', '--preserve-env', '--']

const [sudo, ...words] = [...asRoot, 'true']
/** A test that needs root. It is skipped without root and sudo, which fails in CI. */
export const whereRoot = (...named: Parameters<typeof test>) =>
  sudo !== undefined && spawnSync(sudo, words).status === 0 ? test(...named) : test.skip(...named)

/** Makes a file or folder another user's, which root alone may do. */
export const giveAway = (path: string): void => {
  const [program = '', ...words] = [...asRoot, 'chown', '4242:4242', path]
  execFileSync(program, words)
}
