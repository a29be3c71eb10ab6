"""Attachments 附件: read from a request, told by their content, pictures written anew, kept, and named by a petition."""
