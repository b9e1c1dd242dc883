/** A rendered prompt, before it takes an endpoint's shape. */
export interface RenderedPrompt {
  readonly messages: readonly PromptMessage[];
}

export interface PromptMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}
