import { useScene } from '../../client/support/scene.ts'
import { drive } from './drivers/openai-agents.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
tellStories('openai-agents', drive, scene)
