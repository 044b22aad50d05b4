"""The loop as a deployment `improve/test` that this process serves, until it is ended."""

from flows.improve import improve

if __name__ == "__main__":
    improve.serve(name="test", limit=1, print_starting_message=False)
