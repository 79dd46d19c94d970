import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { UUID } from "@lumino/coreutils";
import type { SubshellLink, Timers } from "@graphcell/kernel-bridge";

/** Messages for a subshell of ours on JupyterLab's connection to the kernel. */
export function createSubshellLink(kernel: Kernel.IKernelConnection, timers: Timers): SubshellLink {
  return {
    timers,
    randomId: () => UUID.uuid4(),
    post(type, content, subshell_id) {
      const header = {
        msg_id: UUID.uuid4(),
        msg_type: type,
        session: kernel.clientId,
        username: kernel.username,
        version: "5.4",
        date: new Date().toISOString(),
        subshell_id,
      };
      const message = { channel: "shell", header, parent_header: {}, metadata: {}, content, buffers: [] };
      // Comm messages of our own making: JupyterLab's comms share one subshell for each target by force.
      kernel.sendShellMessage(message as unknown as KernelMessage.ICommMsgMsg<"shell">, false, true);
    },
    async remove(subshell_id) {
      await kernel.requestDeleteSubshell({ subshell_id }, true).done.catch(() => undefined);
    },
  };
}
