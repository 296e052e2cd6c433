// response_mode=form_post: the browser carries the answer itself.
document.forms[0].submit();
