import type { Check, Entry } from '../kind.ts'

export const checkToy: Check<Entry & { toy?: object | undefined }> = ({ tool, toy }, aliases, say) => {
  if (tool === 'toy' && !toy) say([], '`toy` is missing', `add it: the shelf, at one of ${aliases.join(', ')}`)
  if (tool !== 'toy' && toy) say(['toy'], '`toy` is for an action of a toy', 'take it out')
}
