import assert from 'node:assert/strict';
import test from 'node:test';
import { heard } from '../../../hyperface/ui/parts/server.js';

test('an answer is passed on, and none is an error', async () => {
  /** @type {unknown} */
  let answer = { points: 3 };
  const server = heard({ asked: async (/** @type {object} */ question) => answer && [question, answer], known: 1 });
  assert.deepEqual(await server.asked({ run: 'a' }), [{ run: 'a' }, { points: 3 }]);
  answer = null;  // which a function of the server may answer
  assert.equal(await server.asked({}), null);
  answer = undefined;  // as Gradio gives where the server is gone
  await assert.rejects(server.asked({}), /did not answer/);
  assert.equal(server.known, 1);
  assert.equal(Reflect.get(server, 'other'), undefined);
});

test('a component may have no server', () => {
  assert.equal(Reflect.get(heard(/** @type {object} */ (/** @type {unknown} */ (undefined))), 'news'), undefined);
});
