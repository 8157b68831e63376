// Rules: test/policies/catalogue/verbs.test.ts
import { readLibrary, type Shelved } from '../../catalogue/library.ts'
import { type Io, WrongUsage } from '../io.ts'

/** An entry of the library by its name, in any case. @throws WrongUsage */
export function shelvedAs(name: string, { library }: Pick<Io, 'library'>): Shelved {
  const all = readLibrary(library)
  const found = all.find(({ entry }) => entry.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  const [service = ''] = name.toLowerCase().split(':')
  const alike = all.flatMap(({ entry }) => (entry.name.startsWith(`${service}:`) ? [entry.name] : []))
  throw new WrongUsage(
    `the library has no \`${name}\``,
    `${alike.length > 0 ? `it has ${alike.join(', ')}` : 'see `hotwork catalogue list`'}; for another action of AWS: \`hotwork catalogue draft ${name}\``,
  )
}
