"""Books that several strategies hedge: the `.alvh` files beside this one."""
