// Device/$sign-loan: profiles/operations/Device-sign-loan.json
import { signLoan as sign } from '../../followup/equipment/loan.js';
import { Failure } from '../../kernel/failure.js';
import { deviceOperation } from './device-operation.js';

/** The loan form of equipment that is with a patient is signed. */
export const signLoan = deviceOperation(
  'sign-loan',
  'Only the follow-up centre keeps loan forms.',
  async ({ running, waiting, parameters, view }) => {
    const loanForm = parameters.reference('loanForm');
    if (loanForm === undefined)
      return new Failure('invalid', 'The parameter loanForm is needed.', {
        expression: "Parameters.parameter.where(name='loanForm')",
        code: 'required',
      });
    return sign({ running, loanForm, waiting, now: view.now });
  },
);
