import { useScene } from '../../client/support/scene.ts'
import { drive } from './drivers/strands.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
tellStories('strands', drive, scene)
