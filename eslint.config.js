// The app's scripts are modules that hyperface/ui/parts/scripts.py joins into one; what they find around them is in
// hyperface/ui/scripts.d.ts.
import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['site/', 'build/', '**/*.d.ts', '.venv/', 'venv/'] },
  js.configs.recommended,
  {
    files: ['hyperface/ui/**/*.js'],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: 'module',
      globals: { ...globals.browser, PLOTLY_PATH: 'readonly' },
    },
  },
  { files: ['tests/ui/**/*.test.js'], languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: globals.nodeBuiltin } },
  {
    rules: {
      'array-callback-return': 'error',
      'consistent-return': 'error',
      'curly': ['error', 'multi-line'],
      'eqeqeq': 'error',
      'max-len': ['error', {
        code: 120, ignoreComments: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreUrls: true,
      }],
      'no-shadow': ['error', { builtinGlobals: false }],
      'no-unused-vars': ['error', { caughtErrors: 'all' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-template': 'error',
    },
  },
];
