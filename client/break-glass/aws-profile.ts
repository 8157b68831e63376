import { join } from 'node:path'
import type { BreakGlass } from '../answers.ts'
import { fact } from '../screen.ts'
import type { Context } from './verb.ts'

/** How the next command is typed. */
export const command = 'npx hotwork break-glass'

/**
 * What makes AWS's SDKs and command line ask this program for credentials. It names no opening: it is written once, before
 * the night on which it is needed, and means whatever this machine has open then.
 */
export function awsProfile({ settings }: Pick<Context, 'settings'>): { credential_process: string; lines: string[] } {
  const { apiUrl, as, localAws } = settings
  // Run with this very Node and by whole paths: whoever runs it has another folder, and maybe another Node.
  const words = [
    process.execPath,
    join(import.meta.dirname, '../hotwork.ts'),
    ...['break-glass', 'credentials', '--api', apiUrl],
    ...(as === undefined ? [] : ['--as', as]),
  ]
  const credential_process = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`)).join(' ')
  return {
    credential_process,
    lines: [
      '[profile hotwork]',
      `credential_process = ${credential_process}`,
      ...(localAws ? [`region = ${localAws.region}`, `endpoint_url = ${localAws.endpointUrl}`] : []),
    ],
  }
}

/** How to use what is open, by what there is to get for it. */
export function useOf({ id, credential }: Pick<BreakGlass, 'id' | 'credential'>, context: Context): string[] {
  switch (credential) {
    case 'sts':
      return [
        fact('use', 'put this into ~/.aws/config once, then `aws --profile hotwork ...`'),
        ...awsProfile(context).lines.map((line) => fact('', line)),
      ]
    case 'mediated':
      return [fact('use', `Hotwork makes the one call: ${command} call ${id}`)]
    case 'token':
      return [fact('use', 'show the tool an access token of POST /token, by the key below')]
    default:
      return credential satisfies never
  }
}
