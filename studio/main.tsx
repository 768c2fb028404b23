import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App.tsx'
import { applyTheme } from './app/theme.ts'
import { isolate } from './offline/register.ts'
import './style/tokens.css'
import './style/base.css'

applyTheme()
void isolate()
createRoot(document.getElementById('studio')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
