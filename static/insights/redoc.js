// ReDoc would fetch its maker's logo from another host. Nothing leaves this one: such a picture is
// told that it failed, and ReDoc takes it away.
"use strict";
{
  const pictures = HTMLImageElement.prototype;
  const property = Object.getOwnPropertyDescriptor(pictures, "src");
  const setAttribute = Element.prototype.setAttribute;
  const set = (picture, address) => {
    if (!/^(https?:)?\/\//.test(address)) setAttribute.call(picture, "src", address);
    else setTimeout(() => picture.dispatchEvent(new Event("error")));
  };
  pictures.setAttribute = function (name, value) {
    if (name === "src") set(this, value);
    else setAttribute.call(this, name, value);
  };
  Object.defineProperty(pictures, "src", {
    ...property,
    set(value) {
      set(this, value);
    },
  });
}
