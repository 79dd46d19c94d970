"""A pipeline as a script, in cells of an editor."""

# %% [markdown]
# # Text pipeline
# Splits, cleans, counts.

# %% setup tags=["setup"]
import mlrun

fn = mlrun.new_function("text", kind="serving")
flow = fn.set_topology("flow", engine="sync")


# %% steps
def split(text):
    return text.split()


class Count:
    def do(self, words):
        return len(words)


# %%
flow.to(name="split", handler="split").to("Count", "count")
