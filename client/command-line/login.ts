// Rules: test/client/command-line/examples.test.ts
import { type Command, Option } from 'commander'
import { login, logout, whoami } from '../login/verbs.ts'
import type { Frame } from './frame.ts'

export function addLoginVerbs(program: Command, { verb, act }: Frame): void {
  verb(program, 'login', 'log in, and keep the login on this machine while it lives')
    .addOption(new Option('--device', 'type a code in a browser, on any machine').default(false).conflicts('browser'))
    .option('--no-browser', 'open an address in a browser elsewhere, and paste here where it ends')
    .action(act(login))
  verb(program, 'logout', 'forget the login that is kept on this machine').action(act(logout))
  verb(program, 'whoami', 'who you are to Hotwork, by what, and until when').action(act(whoami))
}
