import { readFile } from 'node:fs/promises'
import { wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { readClaims, type Source } from './workload-token.ts'

/** The clock difference that the API tolerates. Seconds. */
const forgiven = 30

/** A file that the platform refreshes, such as a projected token of Kubernetes. The platform also sets its mode. */
export function fileSource(path: string, now: Surroundings['now'], variable = 'HOTWORK_WORKLOAD_TOKEN_FILE'): Source {
  const name = `\`${path}\``
  return {
    name,
    async ask(_audience, signal) {
      const text = await readFile(path, { encoding: 'utf8', signal }).catch((cause: NodeJS.ErrnoException) => {
        signal.throwIfAborted()
        throw wrongUsage(
          `the file of \`${variable}\` cannot be read (${cause.code ?? cause.name})`,
          `${name} should hold a workload token, and this user should be able to read it`,
        )
      })
      const token = text.trim()
      if (token === '') throw wrongUsage(`the file of \`${variable}\` is empty`, `${name} should hold a workload token`)
      const { exp } = readClaims(token, name)
      const at = now()
      if (exp !== undefined && exp + forgiven < at.getTime() / 1000)
        throw wrongUsage(
          `the token of \`${variable}\` has expired`,
          `the one in ${name} did at ${iso(new Date(exp * 1000))}, and this machine's clock says ${iso(at)}: check the program that should write the next one, and the clock`,
        )
      return token
    },
  }
}

const iso = (time: Date): string =>
  Number.isNaN(time.getTime()) ? 'a time that is none' : time.toISOString().replace(/\.\d+Z$/, 'Z')
