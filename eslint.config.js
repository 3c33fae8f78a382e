// Gradio runs each script of a component as the body of a function of its own: nothing is shared between files but what
// hangs off `window.hyperface`. The names it hands to that function are in hyperface/ui/scripts.d.ts.
import js from '@eslint/js';
import globals from 'globals';

const GIVEN_BY_GRADIO = Object.fromEntries(['element', 'props', 'server', 'trigger', 'watch'].map((name) => [name, 'readonly']));

export default [
  { ignores: ['site/', 'build/', '**/*.d.ts', '.venv/', 'venv/'] },
  js.configs.recommended,
  {
    files: ['hyperface/ui/**/*.js'],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: 'module',
      globals: { ...globals.browser, ...GIVEN_BY_GRADIO, hyperface: 'readonly' },
    },
  },
  {
    rules: {
      'array-callback-return': 'error',
      'consistent-return': 'error',
      'curly': ['error', 'multi-line'],
      'eqeqeq': 'error',
      'no-shadow': ['error', { builtinGlobals: false }],
      'no-unused-vars': ['error', { caughtErrors: 'all' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-template': 'error',
    },
  },
];
