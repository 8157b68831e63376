// Rules: test/policies/registry.test.ts
import { changeNames, isChangeName } from '../../domain/agents/agent-change.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import { known } from '../../domain/what-is-wrong.ts'
import type { Check } from '../kind.ts'

/** Checks that an entry about Hotwork itself is one of the changes that it can make. */
export const checkHotwork: Check<CatalogueEntry> = (
  { name, tool, resource, narrowable, preview, reach, mcp },
  _,
  say,
) => {
  if (tool !== 'hotwork') {
    if (isChangeName(name)) say(['tool'], `\`${name}\` is a change of the registry`, 'write `"tool": "hotwork"`')
    return
  }
  if (!isChangeName(name)) say(['name'], `Hotwork makes no change \`${name}\``, known(changeNames))
  if (resource.type !== 'agent' || resource.id !== '{arguments.id}')
    say(
      ['resource'],
      'a change of the registry is about an agent',
      'write the type `agent` and the id `{arguments.id}`',
    )
  for (const [member, value] of Object.entries({ preview, reach, mcp }))
    if (value !== undefined) say([member], 'people see the entry before and after the change', `take \`${member}\` out`)
  if (narrowable.length > 0) say(['narrowable'], 'a change of the registry is decided as a whole', 'leave it empty')
}
