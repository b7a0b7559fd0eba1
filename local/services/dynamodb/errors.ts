/** The errors of DynamoDB that more than one operation answers with. */
import { AwsError } from "../../core/service";

export const validation = (message: string): AwsError => new AwsError("ValidationException", message);

/** What is wrong with the values of an item, as DynamoDB begins the sentence. */
export const invalidValue = (problem: string): AwsError =>
  validation(`One or more parameter values were invalid: ${problem}`);

/** A part of the API that the laptop cloud has not. */
export const notSupported = (what: string): AwsError => validation(`local dynamodb: ${what} is not supported.`);

export const tableNotFound = (): AwsError => new AwsError("ResourceNotFoundException", "Requested resource not found");

export const CONDITION_FAILED = "The conditional request failed";
