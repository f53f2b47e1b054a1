import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../../src/cli/failure.js';
import { OcrError } from '../../../src/errors.js';

describe('describeFailure', () => {
  it('a command that was not understood is status 2, help is 0', () => {
    expect(describeFailure(new CommanderError(1, 'commander.unknownOption', 'x'))).toEqual({ exitCode: 2 });
    expect(describeFailure(new CommanderError(0, 'commander.helpDisplayed', 'x'))).toEqual({ exitCode: 0 });
    expect(describeFailure(new OcrError('request.option-invalid', 'Bad.'))).toEqual({ message: 'Bad.', exitCode: 2 });
    expect(describeFailure(new OcrError('config.invalid', 'Bad.'))).toEqual({ message: 'Bad.', exitCode: 2 });
  });

  it('everything else is status 1, in one sentence', () => {
    expect(describeFailure(new OcrError('model.missing', 'No model.'))).toEqual({ message: 'No model.', exitCode: 1 });
    const inUse = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', address: '::1', port: 80 });
    expect(describeFailure(inUse)).toEqual({
      message: 'Something listens on ::1:80 already: stop it, or set OMEGA_PORT to another port',
      exitCode: 1,
    });
  });
});
