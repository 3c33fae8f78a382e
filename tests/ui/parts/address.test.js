import assert from 'node:assert/strict';
import test from 'node:test';
import { placeOf, searchWith } from '../../../hyperface/ui/parts/address.js';

test('an address says where one is, and nothing else of it is read', () => {
  assert.deepEqual(placeOf('?run=pack-a&tab=photos&identity=7&__theme=dark'), { tab: 'photos', run: 'pack-a', identity: '7' });
  assert.deepEqual(placeOf(''), {});
});

test('what changes is written, what is left out goes, and what is not ours stays', () => {
  assert.equal(searchWith('?__theme=dark&run=a&identity=3', { run: 'b', identity: undefined }), '?__theme=dark&run=b');
  assert.equal(searchWith('', { tab: 'train' }), '?tab=train');
  assert.equal(searchWith('?tab=train', { tab: '' }), '');
});
